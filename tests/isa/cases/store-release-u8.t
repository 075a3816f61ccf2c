# store-release of u8
-- asm
	r1 = value ll
	r2 = 0x33445566778899aa ll
	store_release((u8 *)(r1 + 0), r2)
	r0 = *(u64 *)(r1 + 0)
	exit
-- result 0x11223344556677aa
