namespace Sensorium.Tensors.Cpu.Products;

/// <summary>
/// A matrix [out, in] in groups of 16 outputs whose numbers lie side by side, k running slowest: the right-hand operand
/// of a product, read once from end to end whatever the number of rows.
/// </summary>
/// <param name="outputs">Rows of the matrix.</param>
/// <param name="inputs">Numbers of a row.</param>
/// <param name="groupBytes">From a group to the next.</param>
/// <param name="packed">The groups, where they are packed already; null: there is memory for them.</param>
abstract unsafe class Panels(nint outputs, nint inputs, nint groupBytes, RawTensor? packed) : PreparedWeight
{
    /// <summary>Everything, <see cref="GroupBytes"/> a group.</summary>
    protected NativeBuffer Memory { get; } = NativeBuffer.Of(checked(Panel.Groups(outputs) * groupBytes), packed);

    public nint Outputs { get; } = outputs;

    public nint Inputs { get; } = inputs;

    /// <summary>From a group to the next.</summary>
    public nint GroupBytes { get; } = groupBytes;

    public nint Groups => Panel.Groups(Outputs);

    public override long PrivateBytes => Memory.PrivateBytes;

    public override RawTensor PackedBytes => Memory.ToTensor();

    public override long ReadBytes => Memory.Bytes;

    /// <summary>Whether <see cref="Floats"/> gives the memory itself.</summary>
    public virtual bool AreFloats => false;

    /// <summary>
    /// The numbers of a group as <c>[count][16]</c>: where they lie, or unpacked into <paramref name="tile"/>. Exactly
    /// what dequantising gives.
    /// </summary>
    /// <param name="group">Which 16 outputs.</param>
    /// <param name="first">The first input, a multiple of <see cref="Panel.Slice"/>.</param>
    /// <param name="count">How many inputs; at most a slice where the numbers must be unpacked.</param>
    /// <param name="tile">Room for count · 16 floats.</param>
    public abstract float* Floats(nint group, nint first, nint count, float* tile);

    protected byte* Group(nint group) => Memory.Pointer + group * GroupBytes;

    public override void Unpack(nint firstRow, nint count, Span<float> destination)
    {
        if (firstRow < 0 || count < 0 || firstRow + count > Outputs || destination.Length != count * Inputs)
        {
            throw new ArgumentOutOfRangeException(nameof(destination), $"rows {firstRow}..{firstRow + count} of [{Outputs}, {Inputs}] into {destination.Length} numbers");
        }

        fixed (float* p = destination)
        {
            for (nint row = firstRow; row < firstRow + count;)
            {
                int lane = (int)(row % Panel.Lanes);
                int lanes = (int)Math.Min(Panel.Lanes - lane, firstRow + count - row);
                UnpackLanes(row / Panel.Lanes, lane, lanes, p + (row - firstRow) * Inputs, Inputs);
                row += lanes;
            }
        }
    }

    /// <summary>Some rows of one group, row-major.</summary>
    public void UnpackLanes(nint group, int lane, int lanes, float* destination, nint stride)
    {
        float* tile = stackalloc float[Panel.Slice * Panel.Lanes + 16];
        tile = (float*)(((nint)tile + 63) & -64);
        for (nint k = 0; k < Inputs; k += Panel.Slice)
        {
            nint count = Math.Min(Panel.Slice, Inputs - k);
            float* source = Floats(group, k, count, tile);
            for (int row = 0; row < lanes; row++)
            {
                float* from = source + lane + row, to = destination + row * stride + k;
                for (nint i = 0; i < count; i++)
                {
                    to[i] = from[i * Panel.Lanes];
                }
            }
        }

        GC.KeepAlive(this);
    }
}
