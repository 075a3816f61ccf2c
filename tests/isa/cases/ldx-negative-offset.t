# the offset is signed
-- asm
	r1 = value ll
	r1 += 16
	r0 = *(u64 *)(r1 - 16)
	exit
-- result 0x1122334455667788
