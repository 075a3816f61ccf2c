# a frame starts zeroed, also the second time
-- asm
	call f
	r6 = r0
	call f
	r0 += r6
	exit
f:
	r0 = *(u64 *)(r10 - 16)
	*(u64 *)(r10 - 16) = 7
	exit
-- result 0x0
