using System.Runtime.InteropServices;
using Iced.Intel;
using Sensorium.Tensors.Cpu.Generated;

namespace Sensorium.Tensors.Tests.Generated;

/// <summary>
/// Interprets the instructions that the generated kernels are written in, so that kernels for processors that are not at
/// hand run, too. It watches over memory, the stack and what the calling convention asks.
/// </summary>
sealed unsafe class KernelMachine : IDisposable
{
    const int StackBytes = 4096;
    const ulong Home = 0x5e0;

    readonly byte* code;
    readonly int length;
    readonly byte* stack = (byte*)NativeMemory.AlignedAlloc(StackBytes, 64);
    readonly Dictionary<ulong, Instruction> decoded = [];
    readonly List<(ulong First, ulong End, bool Writable, string Name)> regions = [];
    readonly ulong[] general = new ulong[16];
    readonly VectorRegisters vectors;
    readonly bool windows;
    bool zero, less;

    /// <param name="code">The kernel.</param>
    /// <param name="windows">Its calling convention.</param>
    public KernelMachine(byte[] code, bool windows)
    {
        this.windows = windows;
        length = code.Length;
        this.code = (byte*)NativeMemory.AlignedAlloc((nuint)length, 64);
        code.CopyTo(new Span<byte>(this.code, length));
        vectors = new VectorRegisters(this);
    }

    /// <summary>Whether all of the process' memory may be touched: for kernels that are called from deep within.</summary>
    public bool TrustsMemory { get; init; }

    /// <summary>Instructions that were met, by name.</summary>
    public SortedSet<string> Met { get; } = new(StringComparer.Ordinal);

    /// <summary>Lets a kernel read, or write, some memory.</summary>
    public void Allow(void* at, long bytes, bool writable, string name) => regions.Add(((ulong)at, (ulong)at + (ulong)bytes, writable, name));

    /// <summary>Calls the kernel.</summary>
    public void Call(void* argument)
    {
        for (int i = 0; i < 16; i++)
        {
            general[i] = 0xabcd_0000_0000_0000 + (ulong)i;
        }

        vectors.Spoil();
        byte[][] before = [.. Enumerable.Range(0, 10).Select(i => vectors.Lower(6 + i))];
        ulong top = (ulong)stack + StackBytes - 64 - 8;
        general[4] = top;
        *(ulong*)top = Home;
        ulong[] saved = [.. general];
        general[windows ? 1 : 7] = (ulong)argument;
        ulong at = (ulong)code;
        while (at != Home)
        {
            at = Step(at);
        }

        general[4].ShouldBe(top + 8, "the stack pointer");
        foreach (int register in windows ? [3, 5, 6, 7, 12, 13, 14, 15] : new[] { 3, 5, 12, 13, 14, 15 })
        {
            general[register].ShouldBe(saved[register], $"register {register} belongs to the caller");
        }

        for (int i = 0; windows && i < 10; i++)
        {
            vectors.Lower(6 + i).ShouldBe(before[i], $"xmm{6 + i} belongs to the caller");
        }

        vectors.IsUpperClear.ShouldBeTrue("upper halves are left behind");
    }

    /// <summary>An address that may be read, or written.</summary>
    public byte* Check(ulong address, int bytes, bool write)
    {
        bool own = !write && address >= (ulong)code && address + (ulong)bytes <= (ulong)code + (ulong)length
            || address >= general[4] && address + (ulong)bytes <= (ulong)stack + StackBytes;
        if (!own && !TrustsMemory && !regions.Exists(r => address >= r.First && address + (ulong)bytes <= r.End && (r.Writable || !write)))
        {
            throw new InvalidOperationException($"the kernel {(write ? "writes" : "reads")} {bytes} bytes at {string.Join(", ", regions.Select(r => $"{r.Name}+{(long)(address - r.First)} of {r.End - r.First}"))}");
        }

        return (byte*)address;
    }

    /// <summary>Where an instruction's memory operand is.</summary>
    public ulong Address(Instruction i)
    {
        if (i.IsIPRelativeMemoryOperand)
        {
            return i.IPRelativeMemoryAddress;
        }

        ulong address = i.MemoryDisplacement64;
        address += i.MemoryBase == Register.None ? 0 : general[i.MemoryBase - Register.RAX];
        return address + (i.MemoryIndex == Register.None ? 0 : general[i.MemoryIndex - Register.RAX] * (ulong)i.MemoryIndexScale);
    }

    ulong Step(ulong at)
    {
        if (!decoded.TryGetValue(at, out Instruction i))
        {
            (at - (ulong)code).ShouldBeLessThan((ulong)length, "the kernel runs away");
            var decoder = Decoder.Create(64, new ByteArrayCodeReader(new Span<byte>(code, length)[(int)(at - (ulong)code)..].ToArray()), at);
            i = decoder.Decode();
            i.IsInvalid.ShouldBeFalse();
            i.OpMask.ShouldBe(Register.None);
            decoded[at] = i;
            Met.Add(i.Mnemonic.ToString());
        }

        ulong next = i.NextIP;
        switch (i.Mnemonic)
        {
            case Mnemonic.Nop or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1: break;
            case Mnemonic.Push: Push(Get(i, 0)); break;
            case Mnemonic.Pop: Set(i, Pop()); break;
            case Mnemonic.Ret: return Pop();
            case Mnemonic.Mov: Set(i, Get(i, 1)); break;
            case Mnemonic.Lea: Set(i, Address(i)); break;
            case Mnemonic.Add: Set(i, Result(Get(i, 0) + Get(i, 1))); break;
            case Mnemonic.Sub: Set(i, Result(Get(i, 0) - Get(i, 1))); break;
            case Mnemonic.And: Set(i, Result(Get(i, 0) & Get(i, 1))); break;
            case Mnemonic.Dec: Set(i, Result(Get(i, 0) - 1)); break;
            case Mnemonic.Cmove:
                ulong moved = Get(i, 1);
                Set(i, zero ? moved : Get(i, 0));
                break;
            case Mnemonic.Test: Result(Get(i, 0) & Get(i, 1)); break;
            case Mnemonic.Cmp:
                (long a, long b) = ((long)Get(i, 0), (long)Get(i, 1));
                zero = a == b;
                less = a < b;
                break;
            case Mnemonic.Jmp: return i.NearBranchTarget;
            case Mnemonic.Je: return zero ? i.NearBranchTarget : next;
            case Mnemonic.Jne: return zero ? next : i.NearBranchTarget;
            case Mnemonic.Jge: return less ? next : i.NearBranchTarget;
            case Mnemonic.Jl: return less ? i.NearBranchTarget : next;
            default: vectors.Execute(i); break;
        }

        return next;
    }

    ulong Result(ulong value)
    {
        zero = value == 0;
        less = (long)value < 0;
        return value;
    }

    void Push(ulong value)
    {
        general[4] -= 8;
        *(ulong*)Check(general[4], 8, write: true) = value;
    }

    ulong Pop()
    {
        ulong value = *(ulong*)Check(general[4], 8, write: false);
        general[4] += 8;
        return value;
    }

    ulong Get(Instruction i, int operand)
    {
        switch (i.GetOpKind(operand))
        {
            case OpKind.Register:
                Register register = i.GetOpRegister(operand);
                return register == Register.CL ? general[1] & 255 : general[register - Register.RAX];
            case OpKind.Memory:
                i.MemorySize.GetSize().ShouldBe(8);
                return *(ulong*)Check(Address(i), 8, write: false);
            default:
                return i.GetImmediate(operand);
        }
    }

    void Set(Instruction i, ulong value)
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            i.MemorySize.GetSize().ShouldBe(8);
            *(ulong*)Check(Address(i), 8, write: true) = value;
            return;
        }

        general[i.Op0Register - Register.RAX] = value;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(code);
        NativeMemory.AlignedFree(stack);
    }
}

/// <summary>A kernel that the machine runs where a native one would be called.</summary>
sealed unsafe class InterpretedKernel(KernelProgram program, bool windows = false) : CompiledKernel
{
    readonly byte[] code = program.Write(windows);

    public override void Call(void* argument)
    {
        using var machine = new KernelMachine(code, windows) { TrustsMemory = true };
        machine.Call(argument);
    }
}

/// <summary>A kernel that does nothing.</summary>
sealed unsafe class IdleKernel : CompiledKernel
{
    public override void Call(void* argument)
    {
    }
}
