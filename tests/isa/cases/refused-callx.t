# indirect calls do not exist
-- asm
	raw 0x8d 0 0 0 0
	exit
-- refused unknown opcode 8d
