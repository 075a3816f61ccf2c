# a 32-bit compare looks at the lower half of r0 and zero-extends r0
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r0 = 0xff00000005 ll
	r2 = 9
	r0 = atomic_cmpxchg((u32 *)(r1 + 0), r0, r2)
	exit
-- result 0x5
