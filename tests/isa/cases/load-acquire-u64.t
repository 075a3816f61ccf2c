# load-acquire of u64 zero-extends
-- asm
	r1 = value ll
	r0 = load_acquire((u64 *)(r1 + 0))
	exit
-- result 0x1122334455667788
