"""Soil (土壤): risk screening of farmland and development land, indices of accumulation and risk. See README.md."""
