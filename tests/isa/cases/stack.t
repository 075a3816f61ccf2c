# the frame holds 512 bytes
-- asm
	*(u64 *)(r10 - 512) = 3
	*(u64 *)(r10 - 8) = 4
	r0 = *(u64 *)(r10 - 512)
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
-- result 0x7
