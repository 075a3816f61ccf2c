# arithmetic right shift copies the sign
-- asm
	r0 = 0x8000000000000000 ll
	r1 = 0x3f ll
	r0 s>>= r1
	exit
-- result 0xffffffffffffffff
