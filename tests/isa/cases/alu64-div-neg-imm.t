# division is unsigned: a negative dividend is large
-- asm
	r0 = 0xfffffffffffffff8 ll
	r0 /= 2
	exit
-- result 0x7ffffffffffffffc
