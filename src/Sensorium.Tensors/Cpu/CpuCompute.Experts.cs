namespace Sensorium.Tensors.Cpu;

public sealed unsafe partial class CpuCompute
{
    /// <summary>
    /// As its definition, with the routing in scratch memory: which expert a row goes to, and the places of its results,
    /// expert by expert. A row's results are added in the order of its choices, so its company does not matter.
    /// </summary>
    public override Tensor MixExperts(Tensor x, Tensor scores, ExpertBank experts, int perRow, bool sharesSumToOne)
    {
        CheckExperts(x, scores, experts, perRow);
        int rows = checked((int)x.Rows);
        if (rows == 0)
        {
            return x;
        }

        Tensor y = New(rows, experts.Down[0].Outputs);
        Scratch.Mark mark = Mark();
        Routes routes = Route(Softmax(scores), perRow, sharesSumToOne);
        Tensor results = New((nint)rows * perRow, y.Columns);
        for (int expert = 0; expert < experts.Count; expert++)
        {
            int first = routes.Starts[expert];
            int count = routes.Starts[expert + 1] - first;
            if (count == 0)
            {
                continue;
            }

            Scratch.Mark before = Mark();
            Tensor own = Gather(x, new ReadOnlySpan<int>(routes.Rows + first, count));
            own = Linear(Gate(Linear(own, experts.GateUp[expert]), experts.Activation), experts.Down[expert]);
            EachRow(count, 2 * y.Columns, new ScaleJob { X = own, Y = results.SliceRows(first, count), Factors = routes.Shares + first, Kernel = Kernels.Affine });
            Release(before);
        }

        EachRow(rows, (perRow + 2) * y.Columns, new SumJob { X = results, Y = y, Places = routes.Places, Count = perRow, Kernel = Kernels.Add });
        Release(mark);
        return y;
    }

    /// <summary>Where rows go. Places are counted expert by expert, within one in the order of the rows.</summary>
    struct Routes
    {
        /// <summary>The first place of each expert, and the end of the last one's, [experts + 1].</summary>
        public int* Starts;

        /// <summary>The row at each place.</summary>
        public int* Rows;

        /// <summary>What the result at each place counts.</summary>
        public float* Shares;

        /// <summary>Each row's places, best expert first, [rows, perRow].</summary>
        public int* Places;
    }

    Routes Route(Tensor shares, int perRow, bool sharesSumToOne)
    {
        int experts = (int)shares.Columns;
        int rows = (int)shares.Rows;
        int all = checked(rows * perRow);
        var routes = new Routes
        {
            Starts = (int*)NewBytes((experts + 1) * sizeof(int)),
            Rows = (int*)NewBytes((nint)all * sizeof(int)),
            Shares = (float*)NewBytes((nint)all * sizeof(float)),
            Places = (int*)NewBytes((nint)all * sizeof(int)),
        };
        int* chosen = (int*)NewBytes((nint)all * sizeof(int));
        int* next = (int*)NewBytes(experts * sizeof(int));
        var taken = new Span<byte>(NewBytes(experts), experts);
        var starts = new Span<int>(routes.Starts, experts + 1);
        starts.Clear();
        for (int row = 0; row < rows; row++)
        {
            ChooseExperts(shares.FloatRow(row), taken, new Span<int>(chosen + (nint)row * perRow, perRow));
            for (int rank = 0; rank < perRow; rank++)
            {
                starts[chosen[(nint)row * perRow + rank] + 1]++;
            }
        }

        for (int expert = 0; expert < experts; expert++)
        {
            next[expert] = starts[expert];
            starts[expert + 1] += starts[expert];
        }

        for (int row = 0; row < rows; row++)
        {
            float sum = sharesSumToOne ? 0 : 1;
            for (int rank = 0; rank < perRow && sharesSumToOne; rank++)
            {
                sum += shares.FloatRow(row)[chosen[(nint)row * perRow + rank]];
            }

            for (int rank = 0; rank < perRow; rank++)
            {
                int expert = chosen[(nint)row * perRow + rank];
                int place = next[expert]++;
                routes.Rows[place] = row;
                routes.Shares[place] = shares.FloatRow(row)[expert] / sum;
                routes.Places[(nint)row * perRow + rank] = place;
            }
        }

        return routes;
    }

    static void ChooseExperts(float* shares, Span<byte> taken, Span<int> chosen)
    {
        taken.Clear();
        for (int rank = 0; rank < chosen.Length; rank++)
        {
            int best = -1;
            for (int expert = 0; expert < taken.Length; expert++)
            {
                // Written so that a share that is no number is chosen last, and still is one expert.
                if (taken[expert] == 0 && (best < 0 || shares[expert] > shares[best] || float.IsNaN(shares[best])))
                {
                    best = expert;
                }
            }

            chosen[rank] = best;
            taken[best] = 1;
        }
    }

    struct ScaleJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public float* Factors;
        public delegate*<float*, float*, nint, float, float, void> Kernel;

        public readonly void Row(nint row) => Kernel(X.FloatRow(row), Y.FloatRow(row), Y.Columns, Factors[row], 0);
    }

    /// <summary>Adds the rows at a row's places, in order.</summary>
    struct SumJob : IRowJob
    {
        public Tensor X;
        public Tensor Y;
        public int* Places;
        public int Count;
        public delegate*<float*, float*, float*, nint, void> Kernel;

        public readonly void Row(nint row)
        {
            int* places = Places + row * Count;
            float* sum = Y.FloatRow(row);
            Copy(X.FloatRow(places[0]), sum, Y.Columns);
            for (int i = 1; i < Count; i++)
            {
                Kernel(sum, X.FloatRow(places[i]), sum, Y.Columns);
            }
        }
    }
}
