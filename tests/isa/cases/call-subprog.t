# a call of a function of the program
-- asm
	r1 = 20
	r2 = 3
	call f
	r0 += 1
	exit
f:
	r0 = r1
	r0 *= r2
	exit
-- insns 8
-- result 0x3d
