# unsigned division
-- asm
	r0 = 0x64 ll
	r0 /= 7
	exit
-- result 0xe
