# a kernel pointer stays one in the frame
-- asm
	call #1004
	*(u64 *)(r10 - 8) = r0
	r2 = *(u64 *)(r10 - 8)
	r0 = *(u64 *)(r2 + 0)
	exit
-- bad_reads 1
-- result 0x0
