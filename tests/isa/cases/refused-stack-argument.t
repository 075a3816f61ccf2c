# and in helpers
-- asm
	r1 = r10
	r1 += -4
	call #1009
	exit
-- refused invalid indirect access to stack R1 off=-4 size=8
