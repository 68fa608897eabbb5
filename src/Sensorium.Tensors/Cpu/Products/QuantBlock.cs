namespace Sensorium.Tensors.Cpu.Products;

/// <summary>Where 32 inputs by 16 outputs of a quantised matrix lie.</summary>
unsafe struct QuantBlock
{
    /// <summary>The packed integers, <see cref="QuantLayout.QuadBytes"/>.</summary>
    public byte* Integers;

    /// <summary>Their scales, <see cref="QuantLayout.ScaleBytes"/>.</summary>
    public byte* Scales;

    /// <summary>The scales of its slice's scales, <see cref="QuantLayout.SuperBytes"/>.</summary>
    public byte* Super;
}
