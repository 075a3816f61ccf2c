# a map must be one
-- asm
	*(u32 *)(r10 - 4) = 0
	r1 = task ll
	r2 = r10
	r2 += -4
	call #1010
	exit
-- fault 5 test_value: argument 1 must be a map, got 0x
