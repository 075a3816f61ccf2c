# no jump back into another function
-- asm
	r0 = 0
main:
	call f
	exit
f:
	goto main
-- refused jump out of range from insn 3 to 1
