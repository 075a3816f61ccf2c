# signed division truncates towards zero
-- asm
	r0 = 0xfffffffffffffff3 ll
	r0 s/= 3
	exit
-- result 0xfffffffffffffffc
