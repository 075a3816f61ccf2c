# loads through a kernel pointer
-- asm
	r0 = 0
	r1 = *(u64 *)(r1 + 0)
	r1 += pid
	r0 = *(u32 *)(r1 + 0)
	exit
-- ctx task
-- kptr 1
-- bad_reads 0
-- result 0x2a
