# also at an offset that is not known at load
-- asm
	r2 = *(u64 *)(r1 + 0)
	r3 = r10
	r3 -= r2
	r0 = *(u64 *)(r3 + 0)
	exit
-- ctx 512
-- result 0x0
