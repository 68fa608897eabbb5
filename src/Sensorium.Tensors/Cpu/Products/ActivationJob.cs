namespace Sensorium.Tensors.Cpu.Products;

/// <summary>A product of two activations: first both are packed, then multiplied.</summary>
unsafe struct ActivationJob : IJob
{
    public Tensor A;

    public Tensor B;

    public Tensor Y;

    /// <summary>Whether b holds the outputs as its rows.</summary>
    public bool Transposed;

    public FloatKernels Kernels;

    /// <summary>b in groups of 16 outputs.</summary>
    public float* Panels;

    /// <summary>a in register tiles.</summary>
    public float* Packed;

    /// <summary><see cref="LinearJob.WorkerScratch"/> bytes a worker.</summary>
    public byte* Scratch;

    /// <summary>The second half of the work.</summary>
    public bool Multiplies;

    /// <summary>How the rows of a are cut.</summary>
    public RowChunks Chunks;

    public readonly nint PackItems => Chunks.Items + Panel.Groups(Y.Columns);

    public readonly nint Items => Chunks.Count * ((Y.Columns + Panel.Tile - 1) / Panel.Tile);

    public readonly void Run(nint item, int worker)
    {
        nint inputs = A.Columns;
        if (Multiplies)
        {
            nint chunk = item % Chunks.Count, tile = item / Chunks.Count, row = chunk * Chunks.Rows;
            var product = new FloatProduct { Direct = Panels, Inputs = inputs, Outputs = Y.Columns, Y = Y.Floats, Stride = Y.Stride, Kernels = Kernels };
            product.Multiply(Packed + row * inputs, row, Chunks.RowsOf(chunk), tile, tile + 1, Scratch + (nint)worker * LinearJob.WorkerScratch);
            return;
        }

        if (item < Chunks.Items)
        {
            nint first = item * RowChunks.ItemRows;
            RowTiles.Pack(Kernels, A, first, Chunks.RowsOfItem(item), Packed + first * inputs);
            return;
        }

        nint group = item - Chunks.Items;
        FloatPanels.PackGroup(B.Floats, Y.Columns, inputs, Transposed ? B.Stride : 1, Transposed ? 1 : B.Stride, group, Panels + group * inputs * Panel.Lanes);
    }
}
