# a helper gets r1-r5 and returns r0
-- asm
	r1 = 1
	r2 = 2
	r3 = 3
	r4 = 4
	r5 = 5
	call #1001
	exit
-- insns 7
-- result 0xf
