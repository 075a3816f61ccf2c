# compare and exchange reads r0
-- asm
	r1 = value ll
	r2 = 1
	r0 = atomic_cmpxchg((u32 *)(r1 + 0), r0, r2)
	exit
-- refused R0 !read_ok
