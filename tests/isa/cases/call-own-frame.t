# each call has a frame of its own
-- asm
	*(u64 *)(r10 - 8) = 5
	call f
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f:
	*(u64 *)(r10 - 8) = 70
	r0 = *(u64 *)(r10 - 8)
	exit
-- result 0x4b
