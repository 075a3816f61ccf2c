# u32 store of an immediate, which is sign-extended
-- asm
	r1 = value ll
	*(u32 *)(r1 + 0) = -2
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x11223344fffffffe
