# so does a kfunc
-- asm
	r1 = 7
	kcall #1000
	exit
-- result 0x7
