# pointers loaded through kernel pointers are kernel pointers
-- asm
	r1 = *(u64 *)(r1 + 0)
	r1 += parent
	r1 = *(u64 *)(r1 + 0)
	r1 += parent
	r1 = *(u64 *)(r1 + 0)
	r0 = r1
	exit
-- ctx task
-- kptr 1
-- bad_reads 1
-- result 0x0
