# no jump into another function
-- asm
	call f
	if r0 == 0 goto f
	exit
f:
	r0 = 0
	exit
-- refused jump out of range from insn 1 to 3
