namespace Sensorium.Tensors.Cpu.Products;

/// <summary>The measures that all packed weights share.</summary>
static class Panel
{
    /// <summary>Outputs that lie side by side in a group: a 512-bit vector of float32, or of four-byte dot products.</summary>
    public const int Lanes = 16;

    /// <summary>Outputs of a register tile: two groups.</summary>
    public const int Tile = 2 * Lanes;

    /// <summary>Inputs that are unpacked at a time: a super-block, and small enough for a tile of them to stay in the first-level cache.</summary>
    public const int Slice = 256;

    /// <summary>Inputs that share a scale in the finest of the common types.</summary>
    public const int Block = 32;

    /// <summary>Groups that hold so many outputs.</summary>
    public static nint Groups(nint outputs) => (outputs + Lanes - 1) / Lanes;
}
