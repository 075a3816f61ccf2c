# a kernel pointer that is NULL reads 0, is counted and reported once
-- asm
	r6 = *(u64 *)(r1 + 0)
	r0 = 5
	r7 = 3
again:
	r2 = *(u64 *)(r6 + 16)
	r0 += r2
	r7 -= 1
	if r7 != 0 goto again
	exit
-- ctx 0
-- kptr 1
-- bad_reads 3 3: (79) r2 = *(u64 *)(r6 +16): read of 8 bytes through a kernel pointer at 0x10 (NULL pointer plus 16): gives 0
-- result 0x5
