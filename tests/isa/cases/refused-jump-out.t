# no jump behind the end
-- asm
	goto 5
	exit
-- refused jump out of range from insn 0 to 6
