# exchange gives the old value
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r2 = -1
	r2 = atomic_xchg((u32 *)(r1 + 0), r2)
	r0 = *(u64 *)(r1 + 0)
	r0 -= r2
	exit
-- result 0x1fffffffa
