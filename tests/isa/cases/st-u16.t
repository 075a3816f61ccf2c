# u16 store of an immediate, which is sign-extended
-- asm
	r1 = value ll
	*(u16 *)(r1 + 0) = -2
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x112233445566fffe
