# nor from one function into the next
-- asm
	call f
f:
	r0 = 0
	exit
-- refused last insn is not an exit or jmp
