# a function may write to the frame of its caller
-- asm
	r1 = r10
	r1 += -8
	call f
	r0 = *(u64 *)(r10 - 8)
	exit
f:
	*(u64 *)(r1 + 0) = 99
	r0 = 0
	exit
-- result 0x63
