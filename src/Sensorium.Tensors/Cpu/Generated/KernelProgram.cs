namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>A kernel that can be written: its name, what it needs, its machine code.</summary>
abstract class KernelProgram(Instructions set)
{
    /// <summary>Lower case, unique.</summary>
    public abstract string Name { get; }

    /// <summary>The instructions that it is written in.</summary>
    public Instructions Set => set;

    /// <summary>Writes the code, which may lie anywhere.</summary>
    /// <param name="windows">Windows' calling convention; unless told, this system's.</param>
    public abstract byte[] Write(bool? windows = null);

    /// <summary>How a set is called in names.</summary>
    protected string SetName => set switch
    {
        Instructions.Avx512Vnni => "avx512vnni",
        Instructions.Avx512Bf16 => "avx512bf16",
        Instructions.Avx512 => "avx512",
        Instructions.AvxVnni => "avxvnni",
        _ => "avx2",
    };
}
