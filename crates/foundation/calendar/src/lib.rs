//! Japanese dates: eras, legal age arithmetic, fiscal and school years.
