# no jump before the beginning
-- asm
	r0 = 0
	goto -3
-- refused jump out of range from insn 1 to -1
