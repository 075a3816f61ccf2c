# the sign of a signed remainder is that of the dividend
-- asm
	r0 = 0xfffffffffffffff3 ll
	r0 s%= 3
	exit
-- result 0xffffffffffffffff
