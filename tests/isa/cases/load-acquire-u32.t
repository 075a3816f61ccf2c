# load-acquire of u32 zero-extends
-- asm
	r1 = value ll
	r0 = load_acquire((u32 *)(r1 + 0))
	exit
-- result 0x55667788
