# unsigned remainder
-- asm
	r0 = 0x64 ll
	r0 %= 7
	exit
-- result 0x2
