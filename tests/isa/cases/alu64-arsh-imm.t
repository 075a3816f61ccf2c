# arithmetic right shift copies the sign
-- asm
	r0 = 0x8000000000000000 ll
	r0 s>>= 63
	exit
-- result 0xffffffffffffffff
