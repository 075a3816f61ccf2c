# division is unsigned: a negative dividend is large
-- asm
	r0 = 0xfffffffffffffff8 ll
	r1 = 0x2 ll
	r0 /= r1
	exit
-- result 0x7ffffffffffffffc
