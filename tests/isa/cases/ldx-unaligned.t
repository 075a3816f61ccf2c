# unaligned loads work, as on x86
-- asm
	r1 = value ll
	r0 = *(u64 *)(r1 + 3)
	exit
-- result 0x5432101122334455
