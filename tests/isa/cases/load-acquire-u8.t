# load-acquire of u8 zero-extends
-- asm
	r1 = value ll
	r0 = load_acquire((u8 *)(r1 + 0))
	exit
-- result 0x88
