# unsigned division
-- asm
	r0 = 0x64 ll
	r1 = 0x7 ll
	r0 /= r1
	exit
-- result 0xe
