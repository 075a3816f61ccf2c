# the sign of a signed remainder is that of the dividend
-- asm
	r0 = 0xfffffffffffffff3 ll
	r1 = 0x3 ll
	r0 s%= r1
	exit
-- result 0xffffffffffffffff
