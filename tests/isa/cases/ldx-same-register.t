# the destination may be the base
-- asm
	r0 = value ll
	r0 = *(u64 *)(r0 + 0)
	exit
-- result 0x1122334455667788
