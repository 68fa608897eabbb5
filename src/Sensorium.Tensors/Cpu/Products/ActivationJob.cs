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

    readonly nint RowItems => PackRowsJob.ItemsOf(A.Rows, FloatProduct.ChunkRows);

    readonly nint Chunks => (A.Rows + FloatProduct.ChunkRows - 1) / FloatProduct.ChunkRows;

    public readonly nint PackItems => RowItems + Panel.Groups(Y.Columns);

    public readonly nint Items => Chunks * ((Y.Columns + Panel.Tile - 1) / Panel.Tile);

    public readonly void Run(nint item, int worker)
    {
        nint inputs = A.Columns;
        if (Multiplies)
        {
            nint chunk = item % Chunks, tile = item / Chunks, row = chunk * FloatProduct.ChunkRows;
            var product = new FloatProduct { Direct = Panels, Inputs = inputs, Outputs = Y.Columns, Y = Y.Floats, Stride = Y.Stride, Kernels = Kernels };
            product.Multiply(Packed + row * inputs, row, Math.Min(FloatProduct.ChunkRows, A.Rows - row), tile, tile + 1, Scratch + (nint)worker * LinearJob.WorkerScratch);
            return;
        }

        if (item < RowItems)
        {
            nint first = item * PackRowsJob.ItemRows;
            FloatProduct.PackRows(Kernels, A, first, PackRowsJob.RowsOf(item, A.Rows, FloatProduct.ChunkRows), Packed + first * inputs);
            return;
        }

        nint group = item - RowItems;
        FloatPanels.PackGroup(B.Floats, Y.Columns, inputs, Transposed ? B.Stride : 1, Transposed ? 1 : B.Stride, group, Panels + group * inputs * Panel.Lanes);
    }
}
