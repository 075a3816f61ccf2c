# load-acquire of u16 zero-extends
-- asm
	r1 = value ll
	r0 = load_acquire((u16 *)(r1 + 0))
	exit
-- result 0x7788
