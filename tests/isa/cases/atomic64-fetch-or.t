# the register of a fetching atomic or gets the old value
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = 0x1000000000a ll
	r2 = atomic64_fetch_or((u64 *)(r1 + 0), r2)
	r0 = r2
	exit
-- result 0x100000005
