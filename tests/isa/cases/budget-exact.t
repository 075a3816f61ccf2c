# an execution may use up its budget
-- asm
	r0 = 0
	r0 += 1
	exit
-- budget 3
-- insns 3
-- result 0x1
