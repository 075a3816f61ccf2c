# atomics work in the frame
-- asm
	*(u64 *)(r10 - 8) = 40
	r1 = 2
	lock *(u64 *)(r10 - 8) += r1
	r0 = *(u64 *)(r10 - 8)
	exit
-- result 0x2a
